#include <boost/beast/ssl/ssl_stream.hpp>

#include "api/connection.hpp"

namespace tutti::api {

void serve_tls(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context,
               std::shared_ptr<ConnectionHost> host) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return;  // gone already
  using Tls = Connection<beast::ssl_stream<beast::tcp_stream>>;
  // OpenSSL counts references to its context, so the stream may outlive ours.
  Tls::start(std::make_shared<Tls>(beast::ssl_stream<beast::tcp_stream>(beast::tcp_stream(std::move(socket)), *context),
                                   to_endpoint(remote), std::move(host)));
}

}  // namespace tutti::api
