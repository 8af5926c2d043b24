-- Deliveries for wrk: two files of requests, `path TAB signature TAB body` a line. Every so many requests one comes from the
-- second file, each of whose lines is sent once in a run; after the last one only the first file is used.
--   wrk … -s deliveries.lua <url> -- <file> <header> [<second file> <one in so many>]
local common, rare, every, sent, used = {}, {}, 0, 0, 0

local function read(name, header)
  local found = {}
  for line in io.lines(name) do
    local path, signature, body = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = { ["Content-Type"] = "application/json" }
    for pair in header:gmatch("[^;]+") do headers[pair] = signature end
    for key, value in signature:gmatch("([%w-]+)=([^;]+)") do headers[key] = value end
    found[#found + 1] = wrk.format("POST", path, headers, body)
  end
  return found
end

function init(args)
  common = read(args[1], args[2])
  if args[3] then rare, every = read(args[3], args[2]), tonumber(args[4]) end
end

function request()
  sent = sent + 1
  if every > 0 and sent % every == 0 and used < #rare then
    used = used + 1
    return rare[used]
  end
  return common[sent % #common + 1]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests": %d, "seconds": %.6f, "wrong": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
