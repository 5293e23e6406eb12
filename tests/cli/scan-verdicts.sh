# SPDX-License-Identifier: Apache-2.0
# One file of each verdict, the worst first; each says what, where and why.
. "$TOP/tests/cli/lib"
mkdir models
pka benign-containers-4 models/1-clean
pka gadgets-unknown models/2-review
pka broken-tail-harmless models/3-undecided
pka vanished-result-pop models/4-dangerous
"$STOCKADE" scan models
