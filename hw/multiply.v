// multiply: the exact product of two codes.
//
//   p = a * b
//
// Formats: a has A_W bits, b has B_W, signed (two's complement) or not; p is signed. P_W = A_W + B_W
// bits, and one more where neither factor is signed, hold every product; more only repeat the sign,
// fewer wrap.
//
// a and b come from registers (operand); with them and p a synthesiser fills the registers of one
// DSP block.
//
// Latency: 1 clock. Throughput: a product a clock.
// Golden: deconv4k.golden, pixel times weight
`default_nettype none

module multiply #(
    parameter A_W = 8,
    parameter A_SIGNED = 0,
    parameter B_W = 10,
    parameter B_SIGNED = 1,
    parameter P_W = A_W + B_W + (A_SIGNED == 0 && B_SIGNED == 0 ? 1 : 0)
) (
    input wire clk,
    input wire [A_W-1:0] a,
    input wire [B_W-1:0] b,
    output reg signed [P_W-1:0] p
);
    // One unsigned factor would make the whole product unsigned: such a factor gets a zero as sign.
    // A narrow p wraps, as said above.
    // verilator lint_off WIDTHTRUNC
    generate
        if (A_SIGNED != 0 && B_SIGNED != 0) begin : g_signed
            always @(posedge clk) p <= $signed(a) * $signed(b);
        end else if (A_SIGNED != 0) begin : g_b_unsigned
            always @(posedge clk) p <= $signed(a) * $signed({1'b0, b});
        end else if (B_SIGNED != 0) begin : g_a_unsigned
            always @(posedge clk) p <= $signed({1'b0, a}) * $signed(b);
        end else begin : g_unsigned
            always @(posedge clk) p <= $signed({1'b0, a}) * $signed({1'b0, b});
        end
    endgenerate
    // verilator lint_on WIDTHTRUNC
endmodule

`default_nettype wire
