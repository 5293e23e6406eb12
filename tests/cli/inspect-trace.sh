# SPDX-License-Identifier: Apache-2.0
# Pseudo-Python, in order, with ratings.
. "$TOP/tests/cli/lib"
pka benign-containers-4 data
pka fix-imports-builtin evil
status inspect --trace data
status inspect -t evil
status inspect -t - <evil
