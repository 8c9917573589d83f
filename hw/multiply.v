// multiply: one registered product, the shape of an FPGA's DSP block.
//
//   p = a * b, exact; a and b each signed or unsigned
//
//   stage 1   input registers
//   stage 2   output register
//
// Latency: 2 clocks. Throughput: one product a clock. No enable: the pipeline runs free.
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
    output wire [P_W-1:0] p
);
    // Unsigned operands get a zero as sign, because one unsigned operand would make all unsigned.
    reg signed [A_W:0] a_q;
    reg signed [B_W:0] b_q;
    reg signed [A_W+B_W+1:0] p_q2;

    assign p = p_q2[P_W-1:0];

    always @(posedge clk) begin
        a_q  <= {A_SIGNED != 0 && a[A_W-1], a};
        b_q  <= {B_SIGNED != 0 && b[B_W-1], b};
        p_q2 <= a_q * b_q;
    end

    // The top bits only repeat the sign.
    wire unused = &{1'b0, p_q2[A_W+B_W+1:P_W]};
endmodule

`default_nettype wire
