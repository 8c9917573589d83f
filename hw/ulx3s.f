-f deconv.f
crc32.v
kernel_store.v
board/selftest.v
board/report.v
board/uart_tx.v
board/ulx3s.v
