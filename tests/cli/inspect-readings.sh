# SPDX-License-Identifier: Apache-2.0
# Where unpicklers differ is marked, and each can be followed.
. "$TOP/tests/cli/lib"
pka frame-straddling stream
status inspect stream
status inspect --reading python stream
status inspect --reading c --trace stream
