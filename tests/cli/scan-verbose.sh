# SPDX-License-Identifier: Apache-2.0
# Clean files and every finding.
. "$TOP/tests/cli/lib"
pka benign-containers-4 clean.pkl
for _ in 1 2 3 4 5; do
    "$TOP/tools/pka" asm "$TOP/tests/data/gadgets-unknown.pka" -o -
done >five.pkl
status scan five.pkl clean.pkl
status scan --verbose five.pkl clean.pkl
