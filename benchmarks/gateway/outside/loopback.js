// node -r: whatever listens, listens on 127.0.0.1 only.
const net = require("net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  if (first && typeof first === "object" && first.port !== undefined) {
    return listen.call(this, { ...first, host: "127.0.0.1" }, ...rest);
  }
  if (/^\d+$/.test(String(first))) {
    if (typeof rest[0] === "string") rest.shift();
    return listen.call(this, first, "127.0.0.1", ...rest);
  }
  return listen.call(this, first, ...rest);
};
