//! SmartContractModule's errors, in the order of the metadata of spec 149.

use crate::sandbox::chain::scale::errors;

errors! { #[expect(clippy::enum_variant_names, reason = "the metadata's names")] 26;
    TwinNotExists NodeNotExists FarmNotExists FarmHasNotEnoughPublicIPs FarmHasNotEnoughPublicIPsFree
    FailedToReserveIP FailedToFreeIPs ContractNotExists TwinNotAuthorizedToUpdateContract
    TwinNotAuthorizedToCancelContract NodeNotAuthorizedToDeployContract NodeNotAuthorizedToComputeReport
    PricingPolicyNotExists ContractIsNotUnique ContractWrongBillingLoopIndex NameExists NameNotValid
    InvalidContractType TFTPriceValueError NotEnoughResourcesOnNode NodeNotAuthorizedToReportResources
    MethodIsDeprecated NodeHasActiveContracts NodeHasRentContract FarmIsNotDedicated NodeNotAvailableToDeploy
    CannotUpdateContractInGraceState NumOverflow OffchainSignedTxCannotSign OffchainSignedTxAlreadySent
    OffchainSignedTxNoLocalAccountAvailable NameContractNameTooShort NameContractNameTooLong
    InvalidProviderConfiguration NoSuchSolutionProvider SolutionProviderNotApproved TwinNotAuthorized
    ServiceContractNotExists ServiceContractCreationNotAllowed ServiceContractModificationNotAllowed
    ServiceContractApprovalNotAllowed ServiceContractRejectionNotAllowed ServiceContractBillingNotApprovedByBoth
    ServiceContractBillingVariableAmountTooHigh ServiceContractBillMetadataTooLong ServiceContractMetadataTooLong
    ServiceContractNotEnoughFundsToPayBill CanOnlyIncreaseFrequency IsNotAnAuthority WrongAuthority
    UnauthorizedToChangeSolutionProviderId UnauthorizedToSetExtraFee
}
