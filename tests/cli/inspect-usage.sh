# SPDX-License-Identifier: Apache-2.0
# What is asked for is not there, or not together.
. "$TOP/tests/cli/lib"
pka benign-containers-4 data
status inspect --stream 2 data
status inspect --member x data
status inspect --all --stream 1 data
status inspect missing
status inspect
