#include "api/connection.hpp"

namespace tutti::api {

void serve_plain(asio::ip::tcp::socket socket, std::shared_ptr<ConnectionHost> host) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return;  // gone already
  using Plain = Connection<beast::tcp_stream>;
  Plain::start(std::make_shared<Plain>(beast::tcp_stream(std::move(socket)), to_endpoint(remote), std::move(host)));
}

}  // namespace tutti::api
