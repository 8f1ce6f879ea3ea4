// The TLS side of the HTTP server: TLS 1.2 and later with the operator's certificate. Made at start.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "tutti/base/result.hpp"

namespace tutti::api {

// PEM files; the error names the one at fault.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const std::string& certificate,
                                                                    const std::string& key);

}  // namespace tutti::api
