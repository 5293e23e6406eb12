# SPDX-License-Identifier: Apache-2.0
# Names of members and what a stream calls are escaped too, in every format.
. "$TOP/tests/cli/lib"
/usr/bin/python3 - <<'PYTHON'
import zipfile
stream = b"\x80\x02cos\nsystem\nX\x0b\x00\x00\x00\x1b[2J\r\nid\xe2\x80\xae\x85R."
with zipfile.ZipFile("z", "w") as archive:
    archive.writestr("\x1b[31m\n\u202e.pkl", stream)
PYTHON
"$STOCKADE" scan z
"$STOCKADE" scan -f json z | LC_ALL=C tr -d ' -~\n' | od -c
