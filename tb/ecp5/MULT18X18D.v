// SPDX-License-Identifier: MIT
// MULT18X18D: a multiplier block of ECP5, as hw/ecp5 uses it.
//
// For the simulation of netlists: Yosys has models of LUTs, carries, flip-flops and LUT memories, but
// of these blocks only their ports. Modelled is the multiplier with its input and output
// registers on CLK0.
`default_nettype none

module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE",
    parameter REG_INPUTB_CLK = "NONE",
    parameter REG_OUTPUT_CLK = "NONE",
    parameter GSR = "ENABLED"
) (
    input wire CLK0,
    input wire CE0,
    input wire RST0,
    input wire SIGNEDA,
    input wire SIGNEDB,
    input wire SOURCEA,
    input wire SOURCEB,
    input wire
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
    input wire
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
    output wire
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
        P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
    reg signed [18:0] a_q;
    reg signed [18:0] b_q;
    reg signed [37:0] p_q;
    wire [17:0] a = {
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
    };
    wire [17:0] b = {
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
    };
    assign {
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
        P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
    } = p_q[35:0];
    always @(posedge CLK0) begin
        if (CE0) begin
            a_q <= {SIGNEDA && a[17], a};
            b_q <= {SIGNEDB && b[17], b};
            p_q <= a_q * b_q;
        end
        if (RST0) p_q <= 38'd0;
    end
    initial begin
        if (REG_INPUTA_CLK != "CLK0" || REG_INPUTB_CLK != "CLK0" || REG_OUTPUT_CLK != "CLK0") begin
            $display("MULT18X18D without its registers is not modelled");
            $finish;
        end
    end
    wire unused = &{1'b0, SOURCEA, SOURCEB, p_q, GSR == "DISABLED"};
endmodule

`default_nettype wire
