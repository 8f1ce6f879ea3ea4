#include "tutti/routing/hybrid_router.hpp"

namespace tutti::routing {

std::unique_ptr<room::Router> make_hybrid_router(room::RouterHost& host) { return std::make_unique<HybridRouter>(host); }

}  // namespace tutti::routing
