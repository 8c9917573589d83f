// SPDX-License-Identifier: MIT
// deconv_block_ram: one block RAM of ECP5 (18 kbit) with its output register.
//
//   WIDTH          36    18    9     4     2     1
//   words          512   1024  2048  4096  8192  16384
//
// Port A writes and port B reads; 36 bits take both ports' data pins for either (PDPW16KD).
//
// Latency: rd_data shows the word at rd_addr two clocks later. A read in the clock of a write to the
// same address gives no defined word.
`default_nettype none

module deconv_block_ram #(
    parameter WIDTH = 9,
    // derived
    parameter WORDS = WIDTH >= 9 ? 18432 / WIDTH : 16384 / WIDTH,
    parameter ADDR_W = $clog2(WORDS)
) (
    input wire clk,
    input wire wr_en,
    input wire [ADDR_W-1:0] wr_addr,
    input wire [WIDTH-1:0] wr_data,
    input wire [ADDR_W-1:0] rd_addr,
    output wire [WIDTH-1:0] rd_data
);
    // The address pins count bits, not words: the lowest pins stay zero, or enable bytes.
    localparam LOW = 14 - ADDR_W;

    generate
        if (WIDTH == 36) begin : g_both_ports
            wire [35:0] data;
            assign rd_data = data;
            PDPW16KD #(
                .DATA_WIDTH_W(36),
                .DATA_WIDTH_R(36),
                .REGMODE("OUTREG"),
                .CSDECODE_W("0b000"),
                .CSDECODE_R("0b000"),
                .RESETMODE("SYNC"),
                .ASYNC_RESET_RELEASE("SYNC"),
                .GSR("DISABLED")
            ) block (
                .CLKW(clk),
                .CEW(wr_en),
                .CLKR(clk),
                .CER(1'b1),
                .OCER(1'b1),
                .RST(1'b0),
                .BE0(1'b1), .BE1(1'b1), .BE2(1'b1), .BE3(1'b1),
                .CSW0(1'b0), .CSW1(1'b0), .CSW2(1'b0),
                .CSR0(1'b0), .CSR1(1'b0), .CSR2(1'b0),
                .ADR0(1'b0), .ADR1(1'b0), .ADR2(1'b0), .ADR3(1'b0), .ADR4(1'b0),
                .ADR5(rd_addr[0]), .ADR6(rd_addr[1]), .ADR7(rd_addr[2]), .ADR8(rd_addr[3]),
                .ADR9(rd_addr[4]), .ADR10(rd_addr[5]), .ADR11(rd_addr[6]), .ADR12(rd_addr[7]),
                .ADR13(rd_addr[8]),
                .ADW0(wr_addr[0]), .ADW1(wr_addr[1]), .ADW2(wr_addr[2]), .ADW3(wr_addr[3]),
                .ADW4(wr_addr[4]), .ADW5(wr_addr[5]), .ADW6(wr_addr[6]), .ADW7(wr_addr[7]),
                .ADW8(wr_addr[8]),
                .DI0(wr_data[0]), .DI1(wr_data[1]), .DI2(wr_data[2]), .DI3(wr_data[3]),
                .DI4(wr_data[4]), .DI5(wr_data[5]), .DI6(wr_data[6]), .DI7(wr_data[7]),
                .DI8(wr_data[8]), .DI9(wr_data[9]), .DI10(wr_data[10]), .DI11(wr_data[11]),
                .DI12(wr_data[12]), .DI13(wr_data[13]), .DI14(wr_data[14]), .DI15(wr_data[15]),
                .DI16(wr_data[16]), .DI17(wr_data[17]), .DI18(wr_data[18]), .DI19(wr_data[19]),
                .DI20(wr_data[20]), .DI21(wr_data[21]), .DI22(wr_data[22]), .DI23(wr_data[23]),
                .DI24(wr_data[24]), .DI25(wr_data[25]), .DI26(wr_data[26]), .DI27(wr_data[27]),
                .DI28(wr_data[28]), .DI29(wr_data[29]), .DI30(wr_data[30]), .DI31(wr_data[31]),
                .DI32(wr_data[32]), .DI33(wr_data[33]), .DI34(wr_data[34]), .DI35(wr_data[35]),
                .DO0(data[0]), .DO1(data[1]), .DO2(data[2]), .DO3(data[3]), .DO4(data[4]),
                .DO5(data[5]), .DO6(data[6]), .DO7(data[7]), .DO8(data[8]), .DO9(data[9]),
                .DO10(data[10]), .DO11(data[11]), .DO12(data[12]), .DO13(data[13]),
                .DO14(data[14]), .DO15(data[15]), .DO16(data[16]), .DO17(data[17]),
                .DO18(data[18]), .DO19(data[19]), .DO20(data[20]), .DO21(data[21]),
                .DO22(data[22]), .DO23(data[23]), .DO24(data[24]), .DO25(data[25]),
                .DO26(data[26]), .DO27(data[27]), .DO28(data[28]), .DO29(data[29]),
                .DO30(data[30]), .DO31(data[31]), .DO32(data[32]), .DO33(data[33]),
                .DO34(data[34]), .DO35(data[35])
            );
        end else begin : g_port_each
            wire [13:0] write_at = {wr_addr, {LOW{1'b0}}} | (WIDTH == 18 ? 14'd3 : 14'd0);
            wire [13:0] read_at = {rd_addr, {LOW{1'b0}}};
            wire [17:0] write = {{18 - WIDTH{1'b0}}, wr_data};
            wire [17:0] data;
            assign rd_data = data[WIDTH-1:0];
            DP16KD #(
                .DATA_WIDTH_A(WIDTH),
                .DATA_WIDTH_B(WIDTH),
                .REGMODE_A("OUTREG"),
                .REGMODE_B("OUTREG"),
                .CSDECODE_A("0b000"),
                .CSDECODE_B("0b000"),
                .WRITEMODE_A("NORMAL"),
                .WRITEMODE_B("NORMAL"),
                .RESETMODE("SYNC"),
                .ASYNC_RESET_RELEASE("SYNC"),
                .GSR("DISABLED")
            ) block (
                .CLKA(clk),
                .CEA(1'b1),
                .OCEA(1'b1),
                .WEA(wr_en),
                .RSTA(1'b0),
                .CSA0(1'b0), .CSA1(1'b0), .CSA2(1'b0),
                .CLKB(clk),
                .CEB(1'b1),
                .OCEB(1'b1),
                .WEB(1'b0),
                .RSTB(1'b0),
                .CSB0(1'b0), .CSB1(1'b0), .CSB2(1'b0),
                .ADA0(write_at[0]), .ADA1(write_at[1]), .ADA2(write_at[2]), .ADA3(write_at[3]),
                .ADA4(write_at[4]), .ADA5(write_at[5]), .ADA6(write_at[6]), .ADA7(write_at[7]),
                .ADA8(write_at[8]), .ADA9(write_at[9]), .ADA10(write_at[10]), .ADA11(write_at[11]),
                .ADA12(write_at[12]), .ADA13(write_at[13]),
                .ADB0(read_at[0]), .ADB1(read_at[1]), .ADB2(read_at[2]), .ADB3(read_at[3]),
                .ADB4(read_at[4]), .ADB5(read_at[5]), .ADB6(read_at[6]), .ADB7(read_at[7]),
                .ADB8(read_at[8]), .ADB9(read_at[9]), .ADB10(read_at[10]), .ADB11(read_at[11]),
                .ADB12(read_at[12]), .ADB13(read_at[13]),
                .DIA0(write[0]), .DIA1(write[1]), .DIA2(write[2]), .DIA3(write[3]),
                .DIA4(write[4]), .DIA5(write[5]), .DIA6(write[6]), .DIA7(write[7]),
                .DIA8(write[8]), .DIA9(write[9]), .DIA10(write[10]), .DIA11(write[11]),
                .DIA12(write[12]), .DIA13(write[13]), .DIA14(write[14]), .DIA15(write[15]),
                .DIA16(write[16]), .DIA17(write[17]),
                .DOB0(data[0]), .DOB1(data[1]), .DOB2(data[2]), .DOB3(data[3]), .DOB4(data[4]),
                .DOB5(data[5]), .DOB6(data[6]), .DOB7(data[7]), .DOB8(data[8]), .DOB9(data[9]),
                .DOB10(data[10]), .DOB11(data[11]), .DOB12(data[12]), .DOB13(data[13]),
                .DOB14(data[14]), .DOB15(data[15]), .DOB16(data[16]), .DOB17(data[17])
            );
            wire unused = &{1'b0, data};
        end
    endgenerate
endmodule

`default_nettype wire
