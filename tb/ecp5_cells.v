// ecp5_cells: what the ECP5 blocks that hw/ecp5 instantiates do, for the simulation of netlists.
//
// Yosys has models of LUTs, carries, flip-flops and LUT memories, but of these blocks only their
// ports. Modelled is what hw/ecp5 uses: registered multiplier; block RAM with port A or W writing,
// port B or R reading through the output register. Anything else is not.
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
            $display("ecp5_cells: MULT18X18D without its registers is not modelled");
            $finish;
        end
    end
    wire unused = &{1'b0, SOURCEA, SOURCEB, p_q, GSR == "DISABLED"};
endmodule

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
            $display("ecp5_cells: DP16KD is not modelled with these parameters");
            $finish;
        end
    end
    wire unused = &{
        1'b0, OCEA, RSTA, CSA0, CSA1, CSA2, WEB, RSTB, CSB0, CSB1, CSB2, REGMODE_A == "",
        CSDECODE_A == "", CSDECODE_B == "", WRITEMODE_A == "", WRITEMODE_B == "", RESETMODE == "",
        ASYNC_RESET_RELEASE == "", GSR == ""
    };
endmodule

module PDPW16KD #(
    parameter DATA_WIDTH_W = 36,
    parameter DATA_WIDTH_R = 36,
    parameter REGMODE = "NOREG",
    parameter CSDECODE_W = "0b000",
    parameter CSDECODE_R = "0b000",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter GSR = "ENABLED"
) (
    input wire CLKW, CEW, CLKR, CER, OCER, RST, BE0, BE1, BE2, BE3,
    input wire CSW0, CSW1, CSW2, CSR0, CSR1, CSR2,
    input wire
        ADW8, ADW7, ADW6, ADW5, ADW4, ADW3, ADW2, ADW1, ADW0,
    input wire
        ADR13, ADR12, ADR11, ADR10, ADR9, ADR8, ADR7, ADR6, ADR5, ADR4, ADR3, ADR2, ADR1, ADR0,
    input wire
        DI35, DI34, DI33, DI32, DI31, DI30, DI29, DI28, DI27, DI26, DI25, DI24, DI23, DI22, DI21,
        DI20, DI19, DI18, DI17, DI16, DI15, DI14, DI13, DI12, DI11, DI10, DI9, DI8, DI7, DI6, DI5,
        DI4, DI3, DI2, DI1, DI0,
    output wire
        DO35, DO34, DO33, DO32, DO31, DO30, DO29, DO28, DO27, DO26, DO25, DO24, DO23, DO22, DO21,
        DO20, DO19, DO18, DO17, DO16, DO15, DO14, DO13, DO12, DO11, DO10, DO9, DO8, DO7, DO6, DO5,
        DO4, DO3, DO2, DO1, DO0
);
    reg [35:0] mem[0:511];
    reg [35:0] rd_q;
    reg [35:0] rd_q2;
    wire [8:0] write_at = {
        ADW8, ADW7, ADW6, ADW5, ADW4, ADW3, ADW2, ADW1, ADW0
    };
    wire [13:0] read_at = {
        ADR13, ADR12, ADR11, ADR10, ADR9, ADR8, ADR7, ADR6, ADR5, ADR4, ADR3, ADR2, ADR1, ADR0
    };
    assign {
        DO35, DO34, DO33, DO32, DO31, DO30, DO29, DO28, DO27, DO26, DO25, DO24, DO23, DO22, DO21,
        DO20, DO19, DO18, DO17, DO16, DO15, DO14, DO13, DO12, DO11, DO10, DO9, DO8, DO7, DO6, DO5,
        DO4, DO3, DO2, DO1, DO0
    } = rd_q2;
    always @(posedge CLKW) begin
        if (CEW) begin
            mem[write_at] <= {
        DI35, DI34, DI33, DI32, DI31, DI30, DI29, DI28, DI27, DI26, DI25, DI24, DI23, DI22, DI21,
        DI20, DI19, DI18, DI17, DI16, DI15, DI14, DI13, DI12, DI11, DI10, DI9, DI8, DI7, DI6, DI5,
        DI4, DI3, DI2, DI1, DI0
            };
        end
    end
    always @(posedge CLKR) begin
        if (CER) rd_q <= mem[read_at[13:5]];
        if (OCER) rd_q2 <= rd_q;
    end
    initial begin
        if (DATA_WIDTH_W != 36 || DATA_WIDTH_R != 36 || REGMODE != "OUTREG") begin
            $display("ecp5_cells: PDPW16KD is not modelled with these parameters");
            $finish;
        end
    end
    wire unused = &{
        1'b0, RST, BE0, BE1, BE2, BE3, CSW0, CSW1, CSW2, CSR0, CSR1, CSR2, read_at[4:0],
        CSDECODE_W == "", CSDECODE_R == "", RESETMODE == "", ASYNC_RESET_RELEASE == "", GSR == ""
    };
endmodule

`default_nettype wire
