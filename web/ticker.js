// A clock for drawing, as a worker: browsers slow the timers of pages in the background, and those of workers not.
onmessage = ({ data: framesPerSecond }) => setInterval(() => postMessage(0), 1000 / framesPerSecond);
