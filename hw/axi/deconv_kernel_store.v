// SPDX-License-Identifier: MIT
// deconv_kernel_store: kernel and bias, double-buffered: one set runs while another is written.
//
// A set is WORDS words of 32 bits: the weights in PyTorch's order (c, ky, kx), two a word where they
// fit 16 bits, the first in the lower half, else one a word; an odd one out stands alone, its upper
// half zero; then the bias as one word, where there is one. Each code is extended to its 16 or 32
// bits by its sign (signed formats) or by zeros.
//
// `start` empties the written set (so do reset and a take), `write` appends a word, `commit` offers
// the set. A commit is refused, and the running set is left alone, when the number of words is not
// WORDS, when a code did not fit its format, or when a word was not written as a whole; missing words
// may follow and be committed again, anything else needs a new start. From a commit to its take the set is locked: start, write and
// commit are ignored. A start goes before a commit of the same clock, which then is refused.
//
// `pending` stands until kernel_claim: a frame has started that will use the set. After kernel_take
// the store is open for the next set, and a clock later the taken one is active: the enable of so many
// flip-flops comes from one. kernel_claim must come in the clock in which the core looks at
// `pending`, or two frames could claim one set. When the core alone is reset (core_reset), a claimed
// set waits for a frame again.
//
// After reset `loaded` is low and `kernel` undefined. The set from the file POWER_UP, if one is
// named, is then written and committed by the same path; while `loaded` is low a committed set is
// taken at once. Without a file, or with one that is refused, the first set from software is.
//
// Formats: POWER_UP holds the words in hexadecimal, one a line ($readmemh). kernel and bias as
// deconv_engine has them.
//
// Storage: two sets in flip-flops. The written one is a shift register of words, which costs no
// decoder: the first word has arrived at the bottom when the last one is in.
//
// signature: CRC-32 of the active set's words, least significant byte first (deconv_crc32).
//
// Latency: a commit to `pending`, 2 clocks; to an active set where none was loaded, 4 clocks. The set
// of the file is active WORDS + 5 clocks after reset.
// Golden: deconv4k.rtl.signature.kernel_words and kernel
`default_nettype none

module deconv_kernel_store #(
    parameter C_IN = 1,
    parameter K = 9,
    parameter WEIGHT_W = 10,
    parameter WEIGHT_SIGNED = 1,
    parameter BIAS_W = 0,  // 0: no bias
    parameter BIAS_SIGNED = 1,
    parameter POWER_UP = "",  // a file name, or "" for none
    // derived
    parameter BIAS_BITS = BIAS_W > 0 ? BIAS_W : 1
) (
    input wire clk,
    input wire rst,

    input wire [31:0] data,
    input wire write,
    input wire partial,  // not all bytes of the word were written
    input wire start,
    input wire commit,
    output wire [15:0] count,  // words of the written set, one more than WORDS if too many
    output wire refused,  // a commit was refused
    output wire ignored,  // a start, write or commit was ignored: the set is locked

    output wire loaded,
    output wire locked,
    output wire pending,
    input wire core_reset,  // the core forgets its claim
    input wire kernel_claim,
    input wire kernel_take,
    output wire taken,  // a set became active
    output wire [C_IN*K*K*WEIGHT_W-1:0] kernel,
    output wire [BIAS_BITS-1:0] bias,
    output wire [31:0] signature
);
    localparam WEIGHTS = C_IN * K * K;
    localparam PACK = WEIGHT_W <= 16 ? 2 : 1;
    localparam FIELD = 32 / PACK;
    localparam WEIGHT_WORDS = (WEIGHTS + PACK - 1) / PACK;
    localparam WORDS = WEIGHT_WORDS + (BIAS_W > 0 ? 1 : 0);
    localparam SLOT_W = PACK * WEIGHT_W;
    localparam SHADOW_W = WEIGHT_WORDS * SLOT_W;
    localparam COUNT_W = $clog2(WORDS + 2);
    localparam [COUNT_W-1:0] FULL = WORDS[COUNT_W-1:0];
    localparam FROM_FILE = POWER_UP != "";

    generate
        if (WEIGHT_W < 1 || WEIGHT_W > 32 || BIAS_W < 0 || BIAS_W > 32) begin : g_width
            ERROR_kernel_store_WEIGHT_W_must_be_1_to_32_and_BIAS_W_0_to_32 error ();
        end
        if (WORDS > 65534) begin : g_words
            ERROR_kernel_store_counts_up_to_65534_words error ();
        end
    endgenerate

    // The power-up set goes ahead of software, a word a clock.
    reg  loading_q;
    wire file_write;
    wire file_commit;
    wire [31:0] file_data;
    generate
        if (FROM_FILE) begin : g_file
            reg [31:0] words[0:WORDS-1];
            initial $readmemh(POWER_UP, words);
            reg [COUNT_W-1:0] at_q;
            reg [31:0] word_q;
            reg all_q;  // the last word was read
            reg valid_q;
            reg end_q;
            always @(posedge clk) begin
                word_q  <= words[at_q];
                valid_q <= !all_q;
                end_q   <= all_q;
                at_q    <= at_q + 1'b1;
                if (at_q == FULL - 1'b1) all_q <= 1'b1;
                if (end_q) loading_q <= 1'b0;
                if (rst) begin
                    at_q <= {COUNT_W{1'b0}};
                    all_q <= 1'b0;
                    valid_q <= 1'b0;
                    end_q <= 1'b0;
                    loading_q <= 1'b1;
                end
            end
            assign file_data   = word_q;
            assign file_write  = valid_q;
            assign file_commit = loading_q && end_q;
        end else begin : g_no_file
            always @(posedge clk) loading_q <= 1'b0;
            assign file_data   = 32'b0;
            assign file_write  = 1'b0;
            assign file_commit = 1'b0;
        end
    endgenerate

    // The word goes into the set a clock after it came: the enable of so many flip-flops must come
    // from one, too.
    reg [SHADOW_W-1:0] shadow_q;
    reg [SLOT_W-1:0] slot_q;
    reg shift_q;
    reg [COUNT_W-1:0] count_q;
    reg misfit_q;  // a code of the written set did not fit, or a word was not whole
    reg locked_q;
    reg ready_q;  // locked, and its signature is there
    reg claimed_q;
    reg loaded_q;
    reg refused_q;
    reg ignored_q;
    reg taken_q;
    reg [SHADOW_W-1:0] active_q;
    reg [31:0] signature_q;

    wire closed = locked_q || loading_q;
    wire now_start = start && !closed;
    wire now_write = loading_q ? file_write : write && !closed;
    wire now_commit = loading_q ? file_commit : commit && !closed;
    wire [31:0] word = loading_q ? file_data : data;

    // With nothing loaded there is no frame to wait for.
    wire take = ready_q && (kernel_take && !core_reset || !loaded_q);

    wire is_weight = count_q < WEIGHT_WORDS[COUNT_W-1:0];
    wire is_room = count_q < FULL;

    // What was wrong with the word of the clock before.
    reg keep_q;
    reg is_weight_q;
    reg weight_bad_q;
    reg bias_bad_q;
    reg part_q;
    wire bad = keep_q && (part_q || (is_weight_q ? weight_bad_q : bias_bad_q));
    wire keep = now_write && is_room && !now_start;
    wire good = count_q == FULL && !misfit_q && !bad && !now_start && !now_write;

    // The bits above a code repeat its sign, or are zero.
    wire [PACK-1:0] fits;
    wire [SLOT_W-1:0] slot;
    genvar i;
    generate
        for (i = 0; i < PACK; i = i + 1) begin : g_weight
            wire sign = WEIGHT_SIGNED != 0 && word[i*FIELD+WEIGHT_W-1];
            wire [FIELD-1:0] whole = word[i*FIELD+:FIELD];
            wire [FIELD+WEIGHT_W-1:0] canon = {{FIELD{sign}}, whole[WEIGHT_W-1:0]};
            assign slot[i*WEIGHT_W+:WEIGHT_W] = whole[WEIGHT_W-1:0];
            if (i == 1 && WEIGHTS % PACK == 1) begin : g_odd
                // beside the last weight there is none
                wire is_last = count_q == WEIGHT_WORDS[COUNT_W-1:0] - 1'b1;
                assign fits[i] = is_last ? whole == 0 : whole == canon[FIELD-1:0];
            end else begin : g_even
                assign fits[i] = whole == canon[FIELD-1:0];
            end
            wire unused = &{1'b0, canon};
        end
    endgenerate

    wire bias_fits;
    generate
        if (BIAS_W > 0) begin : g_bias
            reg [BIAS_BITS-1:0] written_q;
            reg [BIAS_BITS-1:0] bias_q;
            wire sign = BIAS_SIGNED != 0 && word[BIAS_BITS-1];
            wire [31+BIAS_BITS:0] canon = {{32{sign}}, word[BIAS_BITS-1:0]};
            assign bias_fits = word == canon[31:0];
            assign bias = bias_q;
            always @(posedge clk) begin
                if (keep && !is_weight) written_q <= word[BIAS_BITS-1:0];
                if (taken_q) bias_q <= written_q;
            end
            wire unused = &{1'b0, canon};
        end else begin : g_no_bias
            assign bias_fits = 1'b1;
            assign bias = 1'b0;
        end
    endgenerate

    wire [SHADOW_W+SLOT_W-1:0] shifted = {slot_q, shadow_q};

    wire [31:0] crc;
    wire crc_done;
    deconv_crc32 #(
        .BYTES(4)
    ) crc32 (
        .clk(clk),
        .rst(rst),
        .first(count_q == 0),
        .last(count_q == FULL - 1'b1),
        .valid(keep),
        .data(word),
        .crc(crc),
        .done(crc_done)
    );

    assign count = {{16 - COUNT_W{1'b0}}, count_q};
    assign refused = refused_q;
    assign ignored = ignored_q;
    assign loaded = loaded_q;
    assign locked = locked_q;
    assign pending = ready_q && loaded_q && !claimed_q;
    assign taken = taken_q;
    assign kernel = active_q[WEIGHTS*WEIGHT_W-1:0];
    assign signature = signature_q;

    always @(posedge clk) begin
        refused_q <= now_commit && !good;
        ignored_q <= (start || write || commit) && closed;
        taken_q   <= take;

        slot_q  <= slot;
        shift_q <= keep && is_weight;
        if (shift_q) shadow_q <= shifted[SHADOW_W+SLOT_W-1:SLOT_W];
        if (now_write && !now_start && count_q <= FULL) count_q <= count_q + 1'b1;
        keep_q <= keep && !rst;
        is_weight_q <= is_weight;
        weight_bad_q <= !(&fits);
        bias_bad_q <= !bias_fits;
        part_q <= !loading_q && partial;
        if (bad) misfit_q <= 1'b1;
        if (now_commit && good) locked_q <= 1'b1;
        ready_q <= locked_q;
        if (kernel_claim) claimed_q <= 1'b1;
        if (core_reset) claimed_q <= 1'b0;
        if (taken_q) active_q <= shadow_q;
        if (take) begin
            signature_q <= crc;
            loaded_q <= 1'b1;
            locked_q <= 1'b0;
            ready_q <= 1'b0;
            claimed_q <= 1'b0;
        end
        if (take || now_start) begin
            count_q  <= {COUNT_W{1'b0}};
            misfit_q <= 1'b0;
        end
        if (rst) begin
            count_q <= {COUNT_W{1'b0}};
            misfit_q <= 1'b0;
            locked_q <= 1'b0;
            ready_q <= 1'b0;
            claimed_q <= 1'b0;
            loaded_q <= 1'b0;
            refused_q <= 1'b0;
            ignored_q <= 1'b0;
            taken_q <= 1'b0;
            signature_q <= 32'b0;
        end
    end

    wire unused = &{1'b0, crc_done, shifted[SLOT_W-1:0], active_q};
endmodule

`default_nettype wire
