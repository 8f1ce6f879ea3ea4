// What the publishers' camera sees: a file of a few seconds, raw, so that playing it costs no decoding; with movement and a
// little noise, so that encoders use the bitrate that they are given.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SECONDS = 6;

/** @param {{width: number, height: number, frameRate: number}} size @returns {string} the file */
export function cameraFile({ width, height, frameRate }) {
  const file = path.join(os.tmpdir(), `tutti-camera-${width}x${height}-${frameRate}.y4m`);
  if (fs.existsSync(file)) return file;
  const picture = `testsrc2=size=${width}x${height}:rate=${frameRate}:duration=${SECONDS},noise=alls=8:allf=t`;
  const made = `${file}.${process.pid}`;
  const output = ['-pix_fmt', 'yuv420p', '-f', 'yuv4mpegpipe', made];
  const { status, stderr } = spawnSync('ffmpeg', ['-loglevel', 'error', '-y', '-f', 'lavfi', '-i', picture, ...output]);
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
  fs.renameSync(made, file);
  return file;
}
