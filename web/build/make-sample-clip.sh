#!/bin/sh
# Makes web/public/sample.mp4, the clip behind "Try a sample clip": 12 s of 720p colours, a running
# clock and a plain tune, all generated, so that nobody else's licence comes with it. Needs a native
# ffmpeg with libx264 and drawtext; the result is in git, this is how it came to be.
set -eu
cd "$(dirname "$0")/.."
left='0.16*sin(2*PI*220*t)*exp(-1.5*mod(t,1))+0.13*sin(2*PI*(277.18+52.45*lt(mod(t,4),2))*t)*exp(-2*mod(t,0.5))'
right='0.16*sin(2*PI*164.81*t)*exp(-1.5*mod(t,1))+0.13*sin(2*PI*(329.63+85.67*gt(mod(t,4),2))*t)*exp(-2*mod(t+0.25,0.5))'
clock="drawtext=font=Sans:text='%{eif\:t\:d}.%{eif\:mod(t*10\,10)\:d}':fontsize=150:fontcolor=white@0.92:x=(w-230)/2:y=(h-text_h)/2"
ffmpeg -hide_banner -v error -y \
  -f lavfi -i "gradients=size=1280x720:rate=30:duration=12:speed=0.012:nb_colors=4:c0=0x0b3c49:c1=0x16697a:c2=0xdb6c4b:c3=0xf2c57c:seed=7,$clock" \
  -f lavfi -i "aevalsrc='$left|$right':s=48000:d=12" \
  -c:v libx264 -preset slow -crf 24 -g 90 -pix_fmt yuv420p -c:a aac -b:a 96k \
  -map_metadata -1 -fflags +bitexact -movflags +faststart public/sample.mp4
