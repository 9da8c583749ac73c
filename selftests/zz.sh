. ./lib.sh
load_module; must install_types
kpctl run -q -e 't:syscalls:sys_enter_* { @[probe] = count(); }' >/tmp/out 2>&1 & P=$!
t0=$(date +%s%N)
until_attached 1
t1=$(date +%s%N); echo "attach $(((t1-t0)/1000000)) ms"; sleep 1
t1=$(date +%s%N)
kill -INT $P
for i in {1..3000}; do [ -s /tmp/out ] && break; sleep 0.01; done
t2=$(date +%s%N); echo "results $(((t2-t1)/1000000)) ms"
wait $P
t3=$(date +%s%N); echo "gone $(((t3-t1)/1000000)) ms"
head -3 /tmp/out
kpctl run -q -e 'k:vfs_read { @ = count(); } interval:ms:10 { @i++; for ($i : 0..200000) { @z = $i; } } END { printf("end\n"); @e++; }' -d 2 
kpctl list
