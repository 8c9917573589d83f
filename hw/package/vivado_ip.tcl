# SPDX-License-Identifier: MIT
# NOT RUN HERE: there is no Vivado where this is tested. Tests hold its names against deconv_axi.v.
#
# Packages deconv_axi as IP for Vivado's catalogue and IP Integrator:
#
#   vivado -mode batch -source hw/package/vivado_ip.tcl [-tclargs FOLDER]
#
# FOLDER (build/vivado_ip) then is an IP repository. The interfaces are inferred from the attributes
# in deconv_axi.v; the script stops where one of them or a parameter is not what it expects.
# Made by tools/package.py: edit that instead.

set root [file normalize [file join [file dirname [info script]] .. ..]]
set folder [expr {$argc > 0 ? [lindex $argv 0] : [file join $root build vivado_ip]}]

# What a parameter means.
set parameters {
    K {Kernel size; K - 2P + OP must be S}
    S {Stride: the output is S times the input in both directions}
    P {Padding}
    OP {Output padding, less than S}
    C_IN {Input channels, all in one beat}
    C_OUT {Output channels, 1}
    PPC {Output pixels a beat: a divisor of S, or 4 with S = 2}
    MAX_W {Longest input line, 1 to 65535: sizes the memories}
    MAX_H {Most input lines, 1 to 65535}
    PIXEL_W {Bits of an input pixel's channel}
    PIXEL_SIGNED {1: input pixels are signed}
    PIXEL_I {Integer bits of input pixels; told by the registers, does not change the hardware}
    PIXEL_Q {Rounding of input pixels; told by the registers, does not change the hardware}
    PIXEL_O {Overflow of input pixels; told by the registers, does not change the hardware}
    WEIGHT_W {Bits of a weight, 1 to 32; two in a register up to 16}
    WEIGHT_SIGNED {1: weights are signed}
    WEIGHT_I {Integer bits of weights; told by the registers, does not change the hardware}
    WEIGHT_Q {Rounding of weights; told by the registers, does not change the hardware}
    WEIGHT_O {Overflow of weights; told by the registers, does not change the hardware}
    BIAS_W {Bits of the bias, up to 32; 0: no bias}
    BIAS_SIGNED {1: the bias is signed}
    BIAS_I {Integer bits of the bias; told by the registers, does not change the hardware}
    BIAS_Q {Rounding of the bias; told by the registers, does not change the hardware}
    BIAS_O {Overflow of the bias; told by the registers, does not change the hardware}
    PRODUCT_W {Bits to which each product is quantised; 0: exact products}
    PRODUCT_SIGNED {1: quantised products are signed}
    PRODUCT_I {Integer bits of products; told by the registers, does not change the hardware}
    PRODUCT_SHIFT {Fraction bits that quantising a product removes}
    PRODUCT_Q {Rounding of products: 0 AP_RND, 1 AP_RND_ZERO, 2 AP_RND_MIN_INF, 3 AP_RND_INF, 4 AP_RND_CONV, 5 AP_TRN, 6 AP_TRN_ZERO}
    PRODUCT_O {Overflow of products: 0 AP_SAT, 1 AP_SAT_ZERO, 2 AP_SAT_SYM, 3 AP_WRAP}
    ACC_W {Bits of the sums; they wrap when a sum needs more}
    ACC_SIGNED {1: sums are signed}
    ACC_I {Integer bits of sums; told by the registers, does not change the hardware}
    ACC_Q {Rounding of sums; told by the registers, does not change the hardware}
    ACC_O {Overflow of sums; told by the registers, does not change the hardware}
    OUT_W {Bits of an output pixel}
    OUT_SIGNED {1: output pixels are signed}
    OUT_I {Integer bits of output pixels; told by the registers, does not change the hardware}
    OUT_SHIFT {Fraction bits that quantising a sum removes}
    OUT_Q {Rounding of the output: 0 AP_RND, 1 AP_RND_ZERO, 2 AP_RND_MIN_INF, 3 AP_RND_INF, 4 AP_RND_CONV, 5 AP_TRN, 6 AP_TRN_ZERO}
    OUT_O {Overflow of the output: 0 AP_SAT, 1 AP_SAT_ZERO, 2 AP_SAT_SYM, 3 AP_WRAP}
    CONFIG_HASH {Hash of the configuration, as the register of that name tells it}
    POWER_UP {File of the kernel that runs from reset on; empty: none}
}

# Parameters that follow from others.
set derived { IN_BITS OUT_BITS }

# The ports of each bus: its name there, its name here.
set buses {
    s_axis_video {
        TDATA s_axis_video_tdata
        TUSER s_axis_video_tuser
        TLAST s_axis_video_tlast
        TVALID s_axis_video_tvalid
        TREADY s_axis_video_tready
    }
    m_axis_video {
        TDATA m_axis_video_tdata
        TUSER m_axis_video_tuser
        TLAST m_axis_video_tlast
        TVALID m_axis_video_tvalid
        TREADY m_axis_video_tready
    }
    s_axi_control {
        AWADDR s_axi_control_awaddr
        AWPROT s_axi_control_awprot
        AWVALID s_axi_control_awvalid
        AWREADY s_axi_control_awready
        WDATA s_axi_control_wdata
        WSTRB s_axi_control_wstrb
        WVALID s_axi_control_wvalid
        WREADY s_axi_control_wready
        BRESP s_axi_control_bresp
        BVALID s_axi_control_bvalid
        BREADY s_axi_control_bready
        ARADDR s_axi_control_araddr
        ARPROT s_axi_control_arprot
        ARVALID s_axi_control_arvalid
        ARREADY s_axi_control_arready
        RDATA s_axi_control_rdata
        RRESP s_axi_control_rresp
        RVALID s_axi_control_rvalid
        RREADY s_axi_control_rready
    }
}

# Ports that are interfaces of their own.
set singles { aclk aresetn irq }

# The files that a list of hw/ names, in order; -f takes in another list.
proc listed {root name} {
    set channel [open [file join $root hw $name]]
    set words [read $channel]
    close $channel
    set files {}
    for {set i 0} {$i < [llength $words]} {incr i} {
        set word [lindex $words $i]
        if {$word eq "-f"} {
            incr i
            set files [concat $files [listed $root [lindex $words $i]]]
        } else {
            lappend files [file join $root hw $word]
        }
    }
    return $files
}

create_project -in_memory -part [lindex [get_parts] 0]
add_files -norecurse [listed $root deconv_axi.f]
set_property top deconv_axi [current_fileset]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $folder -vendor deconv4k -library video -taxonomy /Video \
    -import_files -force
set core [ipx::current_core]
set_property name deconv_axi $core
set_property version 0.1 $core
set_property display_name {deconv4k upscaler} $core
set_property description {A bit-exact transposed-convolution upscaler for AXI4-Stream video} $core

dict for {name text} $parameters {
    set parameter [ipx::get_user_parameters $name -of_objects $core]
    if {$parameter eq ""} { error "no parameter $name" }
    set_property display_name $name $parameter
    set_property description $text $parameter
}
foreach name $derived {
    ipgui::remove_param -component $core [ipgui::get_guiparamspec -name $name -component $core]
}

dict for {bus ports} $buses {
    set interface [ipx::get_bus_interfaces $bus -of_objects $core]
    if {$interface eq ""} { error "no interface $bus" }
    dict for {role port} $ports {
        set map [ipx::get_port_maps $role -of_objects $interface]
        if {$map eq "" || [get_property physical_name $map] ne $port} {
            error "$bus: $role is not $port"
        }
    }
    ipx::associate_bus_interfaces -busif $bus -clock aclk $core
}
foreach name $singles {
    if {[ipx::get_bus_interfaces $name -of_objects $core] eq ""} { error "no interface $name" }
}

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
puts "packaged in $folder"
