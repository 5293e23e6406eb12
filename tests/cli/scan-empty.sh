# SPDX-License-Identifier: Apache-2.0
# Nothing is not a stream.
: >empty
"$STOCKADE" scan -v empty
