# SPDX-License-Identifier: Apache-2.0
# Nothing but what went wrong; the status says the rest.
. "$TOP/tests/cli/lib"
pka vanished-result-pop evil
status scan --quiet evil missing
