# SPDX-License-Identifier: MIT
# NOT RUN HERE: there is no Quartus where this is tested. Tests hold its names against deconv_axi.v.
#
# Component description of deconv_axi for Platform Designer (Quartus Prime Pro, which knows AXI4-Stream):
# put this folder on its IP search path.
# Made by tools/package.py: edit that instead.

package require qsys

set_module_property NAME deconv_axi
set_module_property VERSION 0.1
set_module_property DISPLAY_NAME {deconv4k upscaler}
set_module_property DESCRIPTION {A bit-exact transposed-convolution upscaler for AXI4-Stream video}
set_module_property GROUP {Video}
set_module_property EDITABLE false
set_module_property ELABORATION_CALLBACK elaborate

# Adds the files that a list of hw/ names, in order; -f takes in another list.
proc add_listed {name} {
    set channel [open [file join [file dirname [info script]] .. $name]]
    set words [read $channel]
    close $channel
    for {set i 0} {$i < [llength $words]} {incr i} {
        set word [lindex $words $i]
        if {$word eq "-f"} {
            incr i
            add_listed [lindex $words $i]
        } else {
            set kind [expr {[file extension $word] eq ".sv" ? "SYSTEM_VERILOG" : "VERILOG"}]
            add_fileset_file [file tail $word] $kind PATH [file join .. $word]
        }
    }
}

foreach {fileset kind} {synthesis QUARTUS_SYNTH simulation SIM_VERILOG} {
    add_fileset $fileset $kind {} {}
    set_fileset_property $fileset TOP_LEVEL deconv_axi
    add_listed deconv_axi.f
}

# name, type, value, what it means
foreach {name kind value text} {
    K INTEGER 9 {Kernel size; K - 2P + OP must be S}
    S INTEGER 2 {Stride: the output is S times the input in both directions}
    P INTEGER 4 {Padding}
    OP INTEGER 1 {Output padding, less than S}
    C_IN INTEGER 1 {Input channels, all in one beat}
    C_OUT INTEGER 1 {Output channels, 1}
    PPC INTEGER 4 {Output pixels a beat: a divisor of S, or 4 with S = 2}
    MAX_W INTEGER 1920 {Longest input line, 1 to 65535: sizes the memories}
    MAX_H INTEGER 1080 {Most input lines, 1 to 65535}
    PIXEL_W INTEGER 8 {Bits of an input pixel's channel}
    PIXEL_SIGNED INTEGER 0 {1: input pixels are signed}
    PIXEL_I INTEGER 8 {Integer bits of input pixels; told by the registers, does not change the hardware}
    PIXEL_Q INTEGER 5 {Rounding of input pixels; told by the registers, does not change the hardware}
    PIXEL_O INTEGER 3 {Overflow of input pixels; told by the registers, does not change the hardware}
    WEIGHT_W INTEGER 10 {Bits of a weight, 1 to 32; two in a register up to 16}
    WEIGHT_SIGNED INTEGER 1 {1: weights are signed}
    WEIGHT_I INTEGER 2 {Integer bits of weights; told by the registers, does not change the hardware}
    WEIGHT_Q INTEGER 0 {Rounding of weights; told by the registers, does not change the hardware}
    WEIGHT_O INTEGER 0 {Overflow of weights; told by the registers, does not change the hardware}
    BIAS_W INTEGER 0 {Bits of the bias, up to 32; 0: no bias}
    BIAS_SIGNED INTEGER 1 {1: the bias is signed}
    BIAS_I INTEGER 0 {Integer bits of the bias; told by the registers, does not change the hardware}
    BIAS_Q INTEGER 5 {Rounding of the bias; told by the registers, does not change the hardware}
    BIAS_O INTEGER 3 {Overflow of the bias; told by the registers, does not change the hardware}
    PRODUCT_W INTEGER 0 {Bits to which each product is quantised; 0: exact products}
    PRODUCT_SIGNED INTEGER 1 {1: quantised products are signed}
    PRODUCT_I INTEGER 0 {Integer bits of products; told by the registers, does not change the hardware}
    PRODUCT_SHIFT INTEGER 0 {Fraction bits that quantising a product removes}
    PRODUCT_Q INTEGER 5 {Rounding of products: 0 AP_RND, 1 AP_RND_ZERO, 2 AP_RND_MIN_INF, 3 AP_RND_INF, 4 AP_RND_CONV, 5 AP_TRN, 6 AP_TRN_ZERO}
    PRODUCT_O INTEGER 3 {Overflow of products: 0 AP_SAT, 1 AP_SAT_ZERO, 2 AP_SAT_SYM, 3 AP_WRAP}
    ACC_W INTEGER 23 {Bits of the sums; they wrap when a sum needs more}
    ACC_SIGNED INTEGER 1 {1: sums are signed}
    ACC_I INTEGER 15 {Integer bits of sums; told by the registers, does not change the hardware}
    ACC_Q INTEGER 5 {Rounding of sums; told by the registers, does not change the hardware}
    ACC_O INTEGER 3 {Overflow of sums; told by the registers, does not change the hardware}
    OUT_W INTEGER 8 {Bits of an output pixel}
    OUT_SIGNED INTEGER 0 {1: output pixels are signed}
    OUT_I INTEGER 8 {Integer bits of output pixels; told by the registers, does not change the hardware}
    OUT_SHIFT INTEGER 8 {Fraction bits that quantising a sum removes}
    OUT_Q INTEGER 0 {Rounding of the output: 0 AP_RND, 1 AP_RND_ZERO, 2 AP_RND_MIN_INF, 3 AP_RND_INF, 4 AP_RND_CONV, 5 AP_TRN, 6 AP_TRN_ZERO}
    OUT_O INTEGER 0 {Overflow of the output: 0 AP_SAT, 1 AP_SAT_ZERO, 2 AP_SAT_SYM, 3 AP_WRAP}
    CONFIG_HASH STD_LOGIC_VECTOR 0 {Hash of the configuration, as the register of that name tells it}
    POWER_UP STRING {} {File of the kernel that runs from reset on; empty: none}
} {
    add_parameter $name $kind $value $text
    set_parameter_property $name DISPLAY_NAME $name
    set_parameter_property $name HDL_PARAMETER true
    set_parameter_property $name AFFECTS_ELABORATION true
}
set_parameter_property CONFIG_HASH WIDTH 32

add_interface clock clock end
add_interface_port clock aclk clk Input 1

add_interface reset reset end
set_interface_property reset associatedClock clock
set_interface_property reset synchronousEdges BOTH
add_interface_port reset aresetn reset_n Input 1

add_interface s_axis_video axi4stream end
add_interface m_axis_video axi4stream start
add_interface s_axi_control axi4lite end
add_interface irq interrupt end
set_interface_property irq associatedAddressablePoint s_axi_control
foreach interface {s_axis_video m_axis_video s_axi_control irq} {
    set_interface_property $interface associatedClock clock
    set_interface_property $interface associatedReset reset
}

# Widths follow from the parameters.
proc elaborate {} {
    foreach name {C_IN PIXEL_W PPC OUT_W} { set $name [get_parameter_value $name] }
    set IN_BITS [expr {($C_IN * $PIXEL_W + 7) / 8 * 8}]
    set OUT_BITS [expr {($PPC * $OUT_W + 7) / 8 * 8}]
    add_interface_port s_axis_video s_axis_video_tdata tdata Input $IN_BITS
    add_interface_port s_axis_video s_axis_video_tuser tuser Input 1
    add_interface_port s_axis_video s_axis_video_tlast tlast Input 1
    add_interface_port s_axis_video s_axis_video_tvalid tvalid Input 1
    add_interface_port s_axis_video s_axis_video_tready tready Output 1
    add_interface_port m_axis_video m_axis_video_tdata tdata Output $OUT_BITS
    add_interface_port m_axis_video m_axis_video_tuser tuser Output 1
    add_interface_port m_axis_video m_axis_video_tlast tlast Output 1
    add_interface_port m_axis_video m_axis_video_tvalid tvalid Output 1
    add_interface_port m_axis_video m_axis_video_tready tready Input 1
    add_interface_port s_axi_control s_axi_control_awaddr awaddr Input 8
    add_interface_port s_axi_control s_axi_control_awprot awprot Input 3
    add_interface_port s_axi_control s_axi_control_awvalid awvalid Input 1
    add_interface_port s_axi_control s_axi_control_awready awready Output 1
    add_interface_port s_axi_control s_axi_control_wdata wdata Input 32
    add_interface_port s_axi_control s_axi_control_wstrb wstrb Input 4
    add_interface_port s_axi_control s_axi_control_wvalid wvalid Input 1
    add_interface_port s_axi_control s_axi_control_wready wready Output 1
    add_interface_port s_axi_control s_axi_control_bresp bresp Output 2
    add_interface_port s_axi_control s_axi_control_bvalid bvalid Output 1
    add_interface_port s_axi_control s_axi_control_bready bready Input 1
    add_interface_port s_axi_control s_axi_control_araddr araddr Input 8
    add_interface_port s_axi_control s_axi_control_arprot arprot Input 3
    add_interface_port s_axi_control s_axi_control_arvalid arvalid Input 1
    add_interface_port s_axi_control s_axi_control_arready arready Output 1
    add_interface_port s_axi_control s_axi_control_rdata rdata Output 32
    add_interface_port s_axi_control s_axi_control_rresp rresp Output 2
    add_interface_port s_axi_control s_axi_control_rvalid rvalid Output 1
    add_interface_port s_axi_control s_axi_control_rready rready Input 1
    add_interface_port irq irq irq Output 1
}
