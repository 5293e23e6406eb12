# SPDX-License-Identifier: Apache-2.0
# Over a limit is undecided, and says which one.
. "$TOP/tests/cli/lib"
pka container-tricks-zip-in-zip nested
pka container-tricks-gzip gzip
pka benign-containers-4 clean
status scan --limit-depth-max 1 nested
status scan --limit-expand-max=10 gzip
status scan --limit-stack-max 2 clean
status scan --limit-memo-max 1K --limit-memory-max 2M clean
