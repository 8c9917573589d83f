ecp5/block_ram.v
ecp5/multiply.v
ecp5/multiply_add.v
ecp5/operand.v
ecp5/ram.v
-f deconv_parts.f
