// SPDX-License-Identifier: MIT
// framer_all: deconv_framer through a script of sequences, with its own clock; leaves a file.
//
// script.hex, one line a command, "op a b c d" in hexadecimal:
//
//   0 flags width height pixel   offer a beat; flags are {enable, eol, sof}
//   1 0 0 0 0                    end of a sequence: wait until nothing moves, then write "s"
//   2 clocks 0 0 0               go on, and so many clocks later reset for one clock: write "r"
//   3 clocks 0 0 0               the same with abort_frame, unless it is high already: write "a"
//   4 0 0 0 0                    wait until nothing moves, then abort_frame for one clock: write "a"
//
// trace.txt: "o" for each output beat, and "s" or "r" with what was counted since the last of them.
// "a" comes with the number of beats since then that deconv_framer had looked at when the frame
// ended, or with -1 if a SOF has ended it already, or zeros complete it. Clocks are those of the
// first and the last beat accepted, and of the first and the last output. "h" ends the file if no
// beat is accepted for `patience` clocks though some are left.
//
// Violations: an output that changes while it is stalled; anything unknown that is not covered by a
// low valid. While no beat is offered its data are unknown (X) with UNKNOWN, else random. Pauses and
// stalls: before each beat, with probability pause/256, up to 2**pause_bits clocks; for the output
// likewise.
`timescale 1ns / 1ps
`default_nettype none

module framer_all #(
    parameter PIXEL_BITS = 8,
    parameter WIDTH_W = 3,
    parameter HEIGHT_W = 16,
    parameter MAX_W = 6,
    parameter UNKNOWN = 0
);
    // set by cocotb
    reg go;
    reg [7:0] pause;
    reg [3:0] pause_bits;
    reg [7:0] stall;
    reg [3:0] stall_bits;
    reg [31:0] seed;
    reg [31:0] patience;

    // read by cocotb
    reg done;

    reg clk;
    reg rst;
    initial begin
        clk = 1'b0;
        rst = 1'b1;
        go = 1'b0;
        done = 1'b0;
    end
    always #1 clk = !clk;

    localparam BEAT_W = 3 + 16 + HEIGHT_W + PIXEL_BITS;
    localparam OUT_W = 3 + WIDTH_W + HEIGHT_W + PIXEL_BITS;
    reg [BEAT_W-1:0] beat;  // {enable, eol, sof, width, height, pixel}
    reg valid;
    wire ready;
    wire [PIXEL_BITS-1:0] out_pixel;
    wire out_sof;
    wire out_eol;
    wire out_end;
    wire [WIDTH_W-1:0] out_width;
    wire [HEIGHT_W-1:0] out_height;
    wire out_valid;
    reg out_ready;
    reg abort_frame;
    wire [6:0] flags;
    deconv_framer #(
        .PIXEL_BITS(PIXEL_BITS),
        .WIDTH_W(WIDTH_W),
        .HEIGHT_W(HEIGHT_W),
        .MAX_W(MAX_W)
    ) framer (
        .clk(clk),
        .rst(rst),
        .in_pixel(beat[0+:PIXEL_BITS]),
        .in_height(beat[PIXEL_BITS+:HEIGHT_W]),
        .in_width(beat[PIXEL_BITS+HEIGHT_W+:16]),
        .in_sof(beat[BEAT_W-3]),
        .in_eol(beat[BEAT_W-2]),
        .in_enable(beat[BEAT_W-1]),
        .in_valid(valid),
        .in_ready(ready),
        .abort_frame(abort_frame),
        .out_pixel(out_pixel),
        .out_sof(out_sof),
        .out_eol(out_eol),
        .out_end(out_end),
        .out_width(out_width),
        .out_height(out_height),
        .out_valid(out_valid),
        .out_ready(out_ready),
        .eol_early(flags[0]),
        .eol_late(flags[1]),
        .sof_early(flags[2]),
        .sof_late(flags[3]),
        .bad_size(flags[4]),
        .dropped(flags[5]),
        .aborted(flags[6])
    );
    wire [OUT_W-1:0] out = {out_sof, out_eol, out_end, out_width, out_height, out_pixel};

    // Blocking on purpose: script and counters are worked through in order, within one clock.
    integer script;
    integer trace;
    integer got;
    integer i;
    reg loaded;
    reg [3:0] op;
    reg [15:0] a;
    reg [15:0] b;
    reg [HEIGHT_W-1:0] c;
    reg [PIXEL_BITS-1:0] d;
    reg [63:0] random;
    reg [15:0] pause_q;
    reg [15:0] stall_q;
    reg [15:0] reset_in;
    reg [15:0] abort_in;
    reg [3:0] start;
    reg [3:0] quiet;
    reg [31:0] stuck;
    reg held;
    reg [OUT_W-1:0] held_out;
    reg [31:0] clock;
    reg [31:0] accepted;
    reg [31:0] looked;
    reg ended;
    reg [31:0] outputs;
    reg [31:0] violations;
    reg [31:0] raised[0:6];
    reg [31:0] first_in;
    reg [31:0] last_in;
    reg [31:0] first_out;
    reg [31:0] last_out;

    task load;
        begin
            got = $fscanf(script, "%h %h %h %h %h\n", op, a, b, c, d);
            loaded = got == 5;
        end
    endtask

    task clear;
        begin
            accepted = 0;
            outputs = 0;
            violations = 0;
            for (i = 0; i < 7; i = i + 1) raised[i] = 0;
            first_in = 0;
            last_in = 0;
            first_out = 0;
            last_out = 0;
            quiet = 0;
            stuck = 0;
        end
    endtask

    task write(input [7:0] letter);
        begin
            $fwrite(trace, "%c %0d %0d %0d %0d %0d", letter, accepted, raised[0], raised[1],
                    raised[2], raised[3]);
            $fwrite(trace, " %0d %0d %0d %0d %0d %0d %0d %0d\n", raised[4], raised[6], raised[5],
                    violations, first_in, last_in, first_out, last_out);
            clear;
        end
    endtask

    initial begin
        clear;
        valid = 1'b0;
        out_ready = 1'b0;
        pause_q = 0;
        stall_q = 0;
        reset_in = 0;
        abort_in = 0;
        abort_frame = 1'b0;
        start = 0;
        held = 1'b0;
        held_out = 0;
        clock = 0;
        random = 1;
        script = $fopen("script.hex", "r");
        trace = $fopen("trace.txt", "w");
        load;
    end

    always @(posedge clk) begin
        if (!go || start != 15) begin
            if (go) start = start + 1'b1;
            random = {seed, ~seed};
            rst <= !go || start < 8;
        end else if (!done) begin
            random = random ^ (random << 13);
            random = random ^ (random >> 7);
            random = random ^ (random << 17);
            clock = clock + 1;

            // what the last clock brought
            ended = framer.finish_q || framer.sof && !framer.running_q;
            if (abort_frame && !rst && ended) begin
                $fwrite(trace, "a -1\n");
            end else if (abort_frame && !rst) begin
                looked = accepted - {31'd0, framer.beat_valid_q};
                if (framer.take && !framer.start) looked = looked + 1;
                $fwrite(trace, "a %0d\n", looked);
            end
            quiet = valid || out_valid ? 0 : quiet + 1'b1;
            stuck = stuck + 1;
            if (valid && ready) begin
                if (accepted == 0) first_in = clock;
                last_in = clock;
                accepted = accepted + 1;
                stuck = 0;
            end
            if (out_valid && out_ready) begin
                if (outputs == 0) first_out = clock;
                last_out = clock;
                outputs = outputs + 1;
                $fwrite(trace, "o %h %h %h %h %h\n", out_sof, out_end, out_width, out_height,
                        out_pixel);
            end
            if (flags !== 7'd0) begin
                for (i = 0; i < 7; i = i + 1) if (flags[i] === 1'b1) raised[i] = raised[i] + 1;
            end
            if (^{ready, out_valid, flags} === 1'bx) violations = violations + 1;
            if (out_valid === 1'b1 && ^out === 1'bx) violations = violations + 1;
            if (held && (out_valid !== 1'b1 || out !== held_out)) violations = violations + 1;
            held = out_valid && !out_ready && !rst;
            held_out = out;
            if (rst) write("r");

            // the end of a sequence, of the script, or of patience
            if (loaded && op == 1 && quiet > 5 && reset_in == 0 && abort_in == 0) begin
                write("s");
                load;
            end
            if (stuck > patience) $fwrite(trace, "h\n");
            if (stuck > patience || !loaded) begin
                $fclose(trace);
                done <= 1'b1;
            end

            // resets, one clock each
            while (loaded && op == 2) begin
                reset_in = a + 1'b1;
                load;
            end
            rst <= reset_in == 1;
            if (reset_in != 0) reset_in = reset_in - 1'b1;

            // aborts, likewise
            if (loaded && op == 3 && abort_in == 0) begin
                abort_in = a + 1'b1;
                load;
            end
            if (loaded && op == 4 && quiet > 5) begin
                abort_in = 1;
                quiet = 0;
                load;
            end
            abort_frame <= abort_in == 1;
            if (abort_in != 0) abort_in = abort_in - 1'b1;

            // the next beat
            if (ready || !valid) begin
                valid <= 1'b0;
                beat  <= UNKNOWN != 0 ? {BEAT_W{1'bx}} : random[63-:BEAT_W];
                if (pause_q != 0) begin
                    pause_q = pause_q - 1'b1;
                end else if (loaded && op == 0) begin
                    if (random[7:0] < pause) begin
                        pause_q = random[23:8] & ((16'd1 << pause_bits) - 1'b1);
                    end else begin
                        valid <= 1'b1;
                        beat  <= {a[2], a[1], a[0], b, c, d};
                        quiet = 0;
                        load;
                    end
                end
            end

            // room for the output
            if (stall_q != 0) begin
                stall_q = stall_q - 1'b1;
                out_ready <= 1'b0;
            end else begin
                out_ready <= random[31:24] >= stall;
                if (random[31:24] < stall) begin
                    stall_q = random[47:32] & ((16'd1 << stall_bits) - 1'b1);
                end
            end
        end
    end
endmodule

`default_nettype wire
