// SPDX-License-Identifier: MIT
// deconv_report: a line of text about a frame, letter by letter.
//
//   D4K v1 PASS cfg=00000000 krn=00000000 in=00000000 out=00000000 exp=00000000 frames=00000000
//       errors=00000000 stalled=00000000 clocks=00000000 CR LF
//
// all in one line, one space between two words; FAIL where the frame's signature is not the expected
// one. The nine words are hexadecimal, in lower case, `cfg` in the highest bits of `words`.
//
// `start` takes verdict and words; while a line is being written it is not looked at: of frames that
// follow one another faster than their lines, some get none, and `frames` tells how many.
//
// Latency: the first letter 3 clocks after `start`. Throughput: a letter in 3 clocks.
`default_nettype none

module deconv_report (
    input wire clk,
    input wire rst,
    input wire start,
    input wire pass,
    input wire [9*32-1:0] words,
    output wire [7:0] letter,
    output wire valid,
    input wire ready
);
    // @ stands for a letter of the verdict, # for a digit.
    localparam LETTERS = 142;
    localparam [8*LETTERS-1:0] LINE = {
        "D4K v1 @@@@ cfg=######## krn=######## in=######## out=######## exp=######## ",
        "frames=######## errors=######## stalled=######## clocks=########",
        16'h0D0A
    };
    reg [7:0] line[0:255];
    integer i;
    initial begin
        for (i = 0; i < 256; i = i + 1) line[i] = 8'h0A;
        for (i = 0; i < LETTERS; i = i + 1) line[i] = LINE[8*(LETTERS-1-i)+:8];
    end

    reg [7:0] at_q;
    reg [9*32-1:0] words_q;
    reg [31:0] verdict_q;
    reg [7:0] form_q2;
    reg [7:0] letter_q3;
    reg [1:0] stage_q;  // 0: form_q2 is being read, 1: it stands, 2: letter_q3 is offered
    reg busy_q;

    wire [3:0] digit = words_q[9*32-1-:4];
    wire is_verdict = form_q2 == "@";
    wire is_digit = form_q2 == "#";
    wire is_last = at_q == LETTERS - 1;

    assign letter = letter_q3;
    assign valid  = busy_q && stage_q == 2;

    always @(posedge clk) begin
        form_q2 <= line[at_q];
        if (!busy_q && start) begin
            busy_q <= 1'b1;
            stage_q <= 2'd0;
            at_q <= 8'd0;
            words_q <= words;
            verdict_q <= pass ? "PASS" : "FAIL";
        end else if (busy_q && stage_q == 0) begin
            stage_q <= 2'd1;
        end else if (busy_q && stage_q == 1) begin
            stage_q   <= 2'd2;
            letter_q3 <= form_q2;
            if (is_verdict) begin
                letter_q3 <= verdict_q[31:24];
                verdict_q <= {verdict_q[23:0], 8'b0};
            end
            if (is_digit) begin
                letter_q3 <= (digit < 10 ? "0" : "a" - 8'd10) + {4'b0, digit};
                words_q   <= {words_q[9*32-5:0], 4'b0};
            end
        end else if (valid && ready) begin
            stage_q <= 2'd0;
            at_q <= at_q + 1'b1;
            busy_q <= !is_last;
        end
        if (rst) busy_q <= 1'b0;
    end
endmodule

`default_nettype wire
