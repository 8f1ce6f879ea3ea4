// The part of Asio that wraps OpenSSL, compiled once; the rest stands in io (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/ssl/impl/src.hpp>
