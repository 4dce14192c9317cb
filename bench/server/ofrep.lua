-- One OFREP evaluation a request; the user changes with each.
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
function request()
  n = n + 1
  local body = '{"context":{"targetingKey":"user-' .. n % 5000 ..
    '","country":"NO","plan":"pro","appVersion":"5.4.2","age":37,"email":"user@example.com"}}'
  return wrk.format(nil, nil, nil, body)
end
