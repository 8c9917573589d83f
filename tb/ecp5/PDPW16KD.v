// SPDX-License-Identifier: MIT
// PDPW16KD: a block RAM of ECP5 with 36 bits, as hw/ecp5 uses it.
//
// For the simulation of netlists: Yosys has models of LUTs, carries, flip-flops and LUT memories, but
// of these blocks only their ports. Modelled is port W writing and port R reading through the
// output register.
`default_nettype none

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
            $display("PDPW16KD is not modelled with these parameters");
            $finish;
        end
    end
    wire unused = &{
        1'b0, RST, BE0, BE1, BE2, BE3, CSW0, CSW1, CSW2, CSR0, CSR1, CSR2, read_at[4:0],
        CSDECODE_W == "", CSDECODE_R == "", RESETMODE == "", ASYNC_RESET_RELEASE == "", GSR == ""
    };
endmodule

`default_nettype wire
