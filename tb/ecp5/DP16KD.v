// SPDX-License-Identifier: MIT
// DP16KD: a block RAM of ECP5, as hw/ecp5 uses it.
//
// For the simulation of netlists: Yosys has models of LUTs, carries, flip-flops and LUT memories, but
// of these blocks only their ports. Modelled is port A writing and port B reading through its output
// register, both of one width.
`default_nettype none

module DP16KD #(
    parameter DATA_WIDTH_A = 18,
    parameter DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG",
    parameter CSDECODE_A = "0b000",
    parameter CSDECODE_B = "0b000",
    parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter GSR = "ENABLED"
) (
    input wire CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2,
    input wire CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
    input wire
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input wire
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input wire
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
        DIA3, DIA2, DIA1, DIA0,
    output wire
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
        DOB3, DOB2, DOB1, DOB0
);
    // Words lie at their address in units of bits; widths of 9 and 18 count eight bits a byte.
    reg [17:0] mem[0:16383];
    reg [17:0] rd_q;
    reg [17:0] rd_q2;
    wire [13:0] write_at = {
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
    };
    wire [13:0] read_at = {
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
    };
    // At 18 bits the lowest two pins enable the bytes.
    wire [13:0] low = DATA_WIDTH_A == 18 ? 14'd3 : 14'd0;
    assign {
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
        DOB3, DOB2, DOB1, DOB0
    } = rd_q2;
    always @(posedge CLKA) begin
        if (CEA && WEA) begin
            mem[write_at & ~low] <= {
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
        DIA3, DIA2, DIA1, DIA0
            };
        end
    end
    always @(posedge CLKB) begin
        if (CEB) rd_q <= mem[read_at & ~low];
        if (OCEB) rd_q2 <= rd_q;
    end
    initial begin
        if (DATA_WIDTH_A != DATA_WIDTH_B || REGMODE_B != "OUTREG") begin
            $display("DP16KD is not modelled with these parameters");
            $finish;
        end
    end
    wire unused = &{
        1'b0, OCEA, RSTA, CSA0, CSA1, CSA2, WEB, RSTB, CSB0, CSB1, CSB2, REGMODE_A == "",
        CSDECODE_A == "", CSDECODE_B == "", WRITEMODE_A == "", WRITEMODE_B == "", RESETMODE == "",
        ASYNC_RESET_RELEASE == "", GSR == ""
    };
endmodule

`default_nettype wire
