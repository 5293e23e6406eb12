# SPDX-License-Identifier: Apache-2.0
# No files: still a document.
mkdir empty
"$STOCKADE" scan --format json empty
