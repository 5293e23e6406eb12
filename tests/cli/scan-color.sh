# SPDX-License-Identifier: Apache-2.0
# Colours: asked for; not in a pipe; not with NO_COLOR, unless asked for.
. "$TOP/tests/cli/lib"
pka vanished-result-pop evil
pka benign-containers-4 clean
show() {
    "$STOCKADE" scan -v "$@" evil clean | sed 's/\x1b/<ESC>/g'
}
TERM=xterm
export TERM
show --color always
show
NO_COLOR=1 show --color=always
