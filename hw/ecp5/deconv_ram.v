// SPDX-License-Identifier: MIT
// deconv_ram: simple dual-port memory with a registered output, of ECP5's block RAMs.
//
// Same ports, latency and use as the portable deconv_ram.
//
// Storage: the organisation of the blocks that needs the fewest of them (36 bits by 512 words to 1
// bit by 16,384), the narrower one of two equals. Where blocks stand one above the other, the read
// address chooses among their registered outputs.
`default_nettype none

module deconv_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 1920,
    parameter ADDR_W = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
    input wire clk,
    input wire wr_en,
    input wire [ADDR_W-1:0] wr_addr,
    input wire [WIDTH-1:0] wr_data,
    input wire [ADDR_W-1:0] rd_addr,
    output wire [WIDTH-1:0] rd_data
);
    // Organisation n, 0 to 5: words and bits of a block, and the blocks that the memory takes.
    function integer words(input integer n);
        words = 512 << n;
    endfunction

    function integer bits(input integer n);
        bits = n == 0 ? 36 : n == 1 ? 18 : n == 2 ? 9 : 4 >> (n - 3);
    endfunction

    function integer blocks(input integer n);
        blocks = ((DEPTH + words(n) - 1) / words(n)) * ((WIDTH + bits(n) - 1) / bits(n));
    endfunction

    function integer best(input integer unused_argument);
        integer n;
        begin
            best = 0 * unused_argument;
            for (n = 1; n < 6; n = n + 1) if (blocks(n) <= blocks(best)) best = n;
        end
    endfunction

    localparam BEST = best(0);
    localparam BLOCK_W = bits(BEST);
    localparam BLOCK_ADDR_W = 9 + BEST;
    localparam ROWS = (DEPTH + words(BEST) - 1) / words(BEST);
    localparam COLUMNS = (WIDTH + BLOCK_W - 1) / BLOCK_W;
    localparam WHOLE_W = COLUMNS * BLOCK_W;
    localparam ROW_W = ROWS > 1 ? $clog2(ROWS) : 1;

    localparam AT_W = ROW_W + BLOCK_ADDR_W;
    wire [AT_W+ADDR_W-1:0] to = {{AT_W{1'b0}}, wr_addr};
    wire [AT_W+ADDR_W-1:0] from = {{AT_W{1'b0}}, rd_addr};
    wire [WHOLE_W+WIDTH-1:0] written = {{WHOLE_W{1'b0}}, wr_data};
    wire [ROWS*WHOLE_W-1:0] read;
    genvar row, column;
    generate
        for (row = 0; row < ROWS; row = row + 1) begin : g_row
            for (column = 0; column < COLUMNS; column = column + 1) begin : g_column
                deconv_block_ram #(
                    .WIDTH(BLOCK_W)
                ) block (
                    .clk(clk),
                    .wr_en(wr_en && to[BLOCK_ADDR_W+:ROW_W] == row),
                    .wr_addr(to[BLOCK_ADDR_W-1:0]),
                    .wr_data(written[column*BLOCK_W+:BLOCK_W]),
                    .rd_addr(from[BLOCK_ADDR_W-1:0]),
                    .rd_data(read[row*WHOLE_W+column*BLOCK_W+:BLOCK_W])
                );
            end
        end
        if (ROWS == 1) begin : g_one
            assign rd_data = read[WIDTH-1:0];
        end else begin : g_choose
            reg [ROW_W-1:0] row_q;
            reg [ROW_W-1:0] row_q2;
            assign rd_data = read[row_q2*WHOLE_W+:WIDTH];
            always @(posedge clk) begin
                row_q  <= from[BLOCK_ADDR_W+:ROW_W];
                row_q2 <= row_q;
            end
        end
    endgenerate
    wire unused = &{1'b0, to, from, written, read};
endmodule

`default_nettype wire
