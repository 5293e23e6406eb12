# SPDX-License-Identifier: Apache-2.0
# A line a file, in order, also for one that cannot be read.
. "$TOP/tests/cli/lib"
pka vanished-result-pop evil.pkl
pka benign-containers-4 clean.pkl
"$STOCKADE" scan -f jsonl clean.pkl missing evil.pkl
