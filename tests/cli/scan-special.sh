# SPDX-License-Identifier: Apache-2.0
# FIFOs, links to folders and links that lead nowhere are counted and never opened in a
# folder; a FIFO that was named is an error.
. "$TOP/tests/cli/lib"
mkdir -p tree/sub
pka benign-containers-4 tree/sub/file
mkfifo tree/fifo
ln -s . tree/loop
ln -s ../.. tree/sub/up
ln -s nowhere tree/dangling
ln -s itself tree/itself
ln -s sub/file tree/link
ln -s tree named
status scan -v tree
status scan tree/fifo
status scan /dev/null
status scan -v named tree/link
status scan tree/itself
