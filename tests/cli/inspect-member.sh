# SPDX-License-Identifier: Apache-2.0
# The stream of a member; what else there is; what a call loads.
. "$TOP/tests/cli/lib"
pka container-tricks-zip-in-zip model.zip
pka benign-torch-4 tensor
status inspect model.zip
status inspect --trace --member 'inner.zip!/data.pkl' model.zip
status inspect --trace tensor
status inspect --stream 2 tensor
status inspect --member torch.storage._load_from_bytes@98 --trace --limit 2 tensor
