# SPDX-License-Identifier: Apache-2.0
# Bad usage: what is wrong, what was perhaps meant, where help is; status 2.
. "$TOP/tests/cli/lib"
: >x
status scan
status scan --formt json x
status scan --limit-stak-max 3 x
status scan --completely-unknown x
status scan --format
status scan --format xml x
status scan --format=text=json x
status scan --quiet=yes x
status scan -k x
status scan -qv x
status scan -z x
status scan --fail-on undecided x
status scna x
status sc x
status unlike x
status --versoin
status -x
status scan -- --format
