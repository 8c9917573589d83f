-f deconv.f
lib/deconv_crc32.v
axi/deconv_kernel_store.v
board/deconv_selftest.v
board/deconv_report.v
board/deconv_uart_tx.v
board/deconv_ulx3s.v
