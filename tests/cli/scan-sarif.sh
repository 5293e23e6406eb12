# SPDX-License-Identifier: Apache-2.0
# Results and notifications; test_sarif.py validates the whole document.
. "$TOP/tests/cli/lib"
pka vanished-result-pop 'evil model.pkl'
pka container-tricks-zip-in-zip model.pt
rc=0
"$STOCKADE" scan -f sarif 'evil model.pkl' model.pt missing >out || rc=$?
sed -n '/"results"/,$p' out
exit "$rc"
