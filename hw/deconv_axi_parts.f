crc32.v
kernel_store.v
control.v
axil.v
generated/registers.sv
deconv_axi.v
