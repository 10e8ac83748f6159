# measure-calls.awk - counts what strace -f -yy has written of a server and of its client:
# the server's system calls by name, and the bytes that came in and went out through TCP
# sockets, as the client had them.

FNR == 1 { files++ }

{
    pid = $1
    line = substr($0, length(pid) + 1)
    sub(/^ +/, "", line)
}

# A call that another task's interrupted comes in two lines; the first names the socket.
line ~ /^<\.\.\. / {
    name = line
    sub(/^<\.\.\. /, "", name)
    sub(/ .*/, "", name)
    count_bytes(name, socket[pid])
    next
}

line ~ /^[a-z]/ {
    name = line
    sub(/\(.*/, "", name)
    if (files == 1)
        calls[name]++
    socket[pid] = line ~ /^[a-z0-9_]*\([0-9]+<TCP/
    if (line !~ /<unfinished/)
        count_bytes(name, socket[pid])
}

function count_bytes(name, tcp,    n) {
    n = line
    sub(/.*= /, "", n)
    if (files == 1 || !tcp || n + 0 <= 0)
        return
    if (name ~ /^(read|readv|recvfrom|recvmsg)$/) out_bytes += n
    if (name ~ /^(write|writev|sendto|sendmsg)$/) in_bytes += n
}

END {
    for (name in calls)
        print id "," name "," calls[name]
    print id ",bytes in," in_bytes + 0
    print id ",bytes out," out_bytes + 0
}
