ram.v
operand.v
multiply.v
multiply_add.v
-f deconv_parts.f
