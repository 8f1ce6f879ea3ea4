// HttpClient: requests to a server on this machine, answered before the call returns. Any thread; each request in
// flight has a connection of its own, which is kept for the next one.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tutti/base/endpoint.hpp"
#include "tutti/base/result.hpp"

namespace tutti::bench {

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(Endpoint server);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `method` and `path` as they stand on the request line; a body is JSON. Any status is an answer; an error is that
  // there was none in `timeout`.
  [[nodiscard]] Result<HttpAnswer> request(const std::string& method, const std::string& path,
                                           const std::string& body = {},
                                           std::chrono::milliseconds timeout = std::chrono::seconds(20));

 private:
  struct Connection;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A TCP port of 127.0.0.1 that nobody listens on now.
uint16_t free_port();

}  // namespace tutti::bench
