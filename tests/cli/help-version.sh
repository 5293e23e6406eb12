# SPDX-License-Identifier: Apache-2.0
"$STOCKADE" --version
"$STOCKADE" -V
