pragma solidity >=0.8.4 <0.9.0;
import {A as B} from "./x.sol"; error Bad(uint a); type T is uint; using L for uint global;
struct S { uint a; address payable to; }
library L { function plus(uint a, uint c) internal pure returns (uint) { unchecked { return a + c; } } }
interface I { function f() external returns (bool); }
abstract contract C is I { S s; address immutable me; uint constant K = 1 ether + 2 days;
  constructor() payable { me = msg.sender; } receive() external payable {} fallback(bytes calldata x) external returns (bytes memory) { return x[1:2]; }
  function g(S calldata q, I i) external virtual returns (uint r) {
    (bool ok, ) = q.to.call{value: q.a, gas: 2}(""); if (!ok) revert Bad({a: r}); r = q.a.plus(K) ** 2 / 3 * 4;
    try i.f() returns (bool z) { ok = z; } catch Error(string memory) {} catch { delete s; }
    assembly ("memory-safe") { let z := delegatecall(gas(), 1, 0, 0, 0, 0) switch z case 0 { revert(0, 0) } default { stop() } }
    do { r--; } while (r > 0 ? true : false); q.to.delegatecall(abi.encode(q)); selfdestruct(q.to);
  }
}
