# SPDX-License-Identifier: Apache-2.0
# Values that a limit does not take.
. "$TOP/tests/cli/lib"
: >x
for value in 0 -1 '' 12Q 1.5 0x10 2048G 99999999999999999999 65536GG; do
    status scan "--limit-stack-max=$value" x
done
status scan --limit-depth-max 65 x
status scan --jobs 0 x
status scan --jobs 1K x
