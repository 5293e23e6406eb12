# SPDX-License-Identifier: Apache-2.0
# One object: files, then those that could not be read, then the counts.
. "$TOP/tests/cli/lib"
pka vanished-result-pop evil.pkl
pka container-tricks-duplicate model.pt
pka benign-containers-4 clean.pkl
"$STOCKADE" scan --format json missing evil.pkl model.pt clean.pkl
