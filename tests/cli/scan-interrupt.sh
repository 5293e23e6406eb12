# SPDX-License-Identifier: Apache-2.0
# SIGINT ends a scan with what there is, also while a pipe is silent; status 130.
. "$TOP/tests/cli/lib"
pka benign-containers-4 clean
/usr/bin/python3 - <<'PYTHON'
import os, signal, subprocess
for form in "jsonl", "json":
    argv = [os.environ["STOCKADE"], "scan", "-j", "1", "-f", form, "clean", "-"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as scan:
        begun = b""
        while b'"clean"' not in begun:
            begun += os.read(scan.stdout.fileno(), 4096)
        scan.send_signal(signal.SIGINT)
        rest = scan.stdout.read()
        print((begun + rest).decode().split(", \"streams\"")[0], scan.wait(), flush=True)
PYTHON
