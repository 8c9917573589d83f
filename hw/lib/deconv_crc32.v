// SPDX-License-Identifier: MIT
// deconv_crc32: CRC-32 of a stream of words, the one of Ethernet (IEEE 802.3), zlib and PNG.
//
//   crc = CRC-32 of the words' bytes, from the word marked `first` to the one marked `last`, each
//         word's least significant byte first
//
// Eight steps of the textbook's shift register for every byte of a word are one linear map:
//   state' = M * (data ^ state[low bits]) ^ (state >> bits of data)
// of which M * data does not depend on the state and is computed a clock earlier. M is derived from
// the polynomial at elaboration.
//
// Formats: a word has BYTES bytes, crc is what zlib.crc32 returns (all ones at the start and
// inverted at the end).
//
//   stage 1   the word, registered
//   stage 2   M * data
//   stage 3   state, and on the last word also crc and done
//
// Latency: crc and done 3 clocks after the last word. Throughput: a word a clock.
// Words from a `first` without a `last` before the next `first` are forgotten; words before any
// `first` must not come. crc holds until the next `last`, and is zero after reset.
// Golden: deconv4k.rtl.signature
`default_nettype none

module deconv_crc32 #(
    parameter BYTES = 4
) (
    input wire clk,
    input wire rst,
    input wire first,
    input wire last,
    input wire valid,
    input wire [8*BYTES-1:0] data,
    output wire [31:0] crc,
    output wire done
);
    generate
        if (BYTES < 1) begin : g_bytes
            ERROR_crc32_BYTES_must_be_at_least_1 error ();
        end
    endgenerate

    localparam BITS = 8 * BYTES;
    localparam [31:0] POLYNOMIAL = 32'hEDB88320;  // x^0 in the most significant bit

    // M row by row. A data bit enters as the state's lowest bit and is shifted on once for every
    // data bit after it.
    function [32*BITS-1:0] rows(input integer unused_argument);
        integer i;
        integer j;
        reg [31:0] column;
        begin
            rows = {32 * BITS{1'b0}};
            column = POLYNOMIAL;
            for (j = BITS - 1; j >= 0; j = j - 1) begin
                for (i = 0; i < 32; i = i + 1) rows[i*BITS+j] = column[i];
                column = {1'b0, column[31:1]} ^ (column[0] ? POLYNOMIAL : 32'b0);
            end
        end
    endfunction

    localparam [32*BITS-1:0] ROWS = rows(0);

    reg [BITS-1:0] data_q;
    reg [31:0] map_q2;
    reg [31:0] state_q3;
    reg [31:0] crc_q3;
    reg first_q;
    reg last_q;
    reg last_q2;
    reg valid_q;
    reg valid_q2;
    reg done_q3;

    wire [BITS+31:0] state = {{BITS{1'b0}}, state_q3};
    wire [31:0] map;
    wire [31:0] next;
    genvar i;
    generate
        for (i = 0; i < 32; i = i + 1) begin : g_bit
            assign map[i] = ^(data_q & ROWS[i*BITS+:BITS]);
            assign next[i] = map_q2[i] ^ state[BITS+i] ^ ^(state[BITS-1:0] & ROWS[i*BITS+:BITS]);
        end
    endgenerate

    assign crc  = crc_q3;
    assign done = done_q3;

    always @(posedge clk) begin
        data_q   <= data;
        first_q  <= first;
        last_q   <= last;
        valid_q  <= valid;
        map_q2   <= map;
        last_q2  <= last_q;
        valid_q2 <= valid_q;
        done_q3  <= valid_q2 && last_q2;
        if (valid_q2) state_q3 <= next;
        // A first word follows: what came before it is in crc, or forgotten.
        if (valid_q && first_q) state_q3 <= 32'hFFFFFFFF;
        if (valid_q2 && last_q2) crc_q3 <= ~next;
        if (rst) begin
            valid_q  <= 1'b0;
            valid_q2 <= 1'b0;
            done_q3  <= 1'b0;
            crc_q3   <= 32'b0;
        end
    end
endmodule

`default_nettype wire
